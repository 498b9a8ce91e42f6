{{/* The pod of a role. Both run the same image; the role is its argument. */}}
{{- define "l2met.pod" -}}
{{- $context := .context -}}
{{- $role := .role -}}
{{- $values := get $context.Values $role -}}
metadata:
  labels:
    {{- include "l2met.labels" . | nindent 4 }}
  annotations:
    # A change of either has the pods replaced, one after another.
    checksum/settings: {{ toJson $context.Values.settings | sha256sum }}
    checksum/secrets: {{ toJson (list $context.Values.secrets $context.Values.redis.url) | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- $pod := dict }}
  {{- $_ := set $pod "serviceAccountName" (include "l2met.serviceAccount" $context) }}
  {{- $_ := set $pod "automountServiceAccountToken" false }}
  {{- $_ := set $pod "enableServiceLinks" false }}
  {{- with $context.Values.imagePullSecrets }}{{ $_ := set $pod "imagePullSecrets" . }}{{ end }}
  {{- $_ := mergeOverwrite $pod (include "l2met.podDefaults" . | fromYaml) (omit $values.pod "volumes") }}
  {{- $volumes := concat (include "l2met.volumes" $context | fromYamlArray) ($values.pod.volumes | default list) }}
  {{- if $volumes }}{{ $_ := set $pod "volumes" $volumes }}{{ end }}
  {{- toYaml $pod | nindent 2 }}
  containers:
    - name: {{ $role }}
      image: {{ include "l2met.image" $context }}
      imagePullPolicy: {{ $context.Values.image.pullPolicy }}
      args: [serve, --{{ $role }}]
      envFrom:
        - configMapRef:
            name: {{ include "l2met.name" $context }}
        - secretRef:
            name: {{ include "l2met.secret" $context }}
      env:
        - name: REDIS_URL
          {{- include "l2met.redisUrl" $context | nindent 10 }}
        {{- with $values.container.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: http
          containerPort: {{ include "l2met.port" $context }}
      # Live says only that the process runs: a restart does not bring Redis back. Ready goes false while Redis is away.
      startupProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 2
        timeoutSeconds: 3
        failureThreshold: 1
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        {{- include "l2met.containerSecurity" . | nindent 8 }}
      {{- $mounts := concat (include "l2met.volumeMounts" $context | fromYamlArray) ($values.container.volumeMounts | default list) }}
      {{- with $mounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with omit $values.container "env" "volumeMounts" }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end -}}

{{- define "l2met.podDefaults" -}}
# The process ends by itself within SHUTDOWN_MS: first it takes requests for DRAIN_MS while it is not ready, so that no preStop
# is needed, then it delivers what it can. Only a process that hangs is killed, five seconds later.
terminationGracePeriodSeconds: {{ add (div (add (include "l2met.shutdownMs" .context | int) 999) 1000) 5 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile:
    type: RuntimeDefault
topologySpreadConstraints:
  - topologyKey: kubernetes.io/hostname
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "l2met.selector" . | nindent 8 }}
  - topologyKey: topology.kubernetes.io/zone
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "l2met.selector" . | nindent 8 }}
{{- end -}}

{{- define "l2met.volumes" -}}
{{- if .Values.redis.caSecret -}}
- name: redis-ca
  secret:
    secretName: {{ .Values.redis.caSecret }}
    items: [{ key: ca.crt, path: ca.crt }]
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{- define "l2met.volumeMounts" -}}
{{- if .Values.redis.caSecret -}}
- name: redis-ca
  mountPath: /etc/l2met/redis-ca
  readOnly: true
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{- define "l2met.port" -}}
{{- get .Values.settings "PORT" | default 8080 | int -}}
{{- end -}}

{{/* Where REDIS_URL comes from. */}}
{{- define "l2met.redisUrl" -}}
{{- if include "l2met.bundledRedis" . -}}
value: redis://{{ include "l2met.name" . }}-redis:6379
{{- else -}}
valueFrom:
  secretKeyRef:
    name: {{ .Values.redis.existingSecret | default (printf "%s-redis" (include "l2met.name" .)) }}
    key: REDIS_URL
{{- end -}}
{{- end -}}
