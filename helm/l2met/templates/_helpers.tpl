{{/* What all objects are called. A StatefulSet adds `-redis`, and to that 11 characters for a label, which may have 63. */}}
{{- define "l2met.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "l2met.selector" -}}
app.kubernetes.io/name: l2met
app.kubernetes.io/instance: {{ .context.Release.Name }}
{{- with .role }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- define "l2met.labels" -}}
{{ include "l2met.selector" . }}
app.kubernetes.io/version: {{ .context.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .context.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "l2met.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "l2met.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "l2met.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "l2met.secret" -}}
{{- .Values.secrets.existingSecret | default (include "l2met.name" .) -}}
{{- end -}}

{{- define "l2met.bundledRedis" -}}
{{- if and .Values.redis.bundled.enabled (not .Values.redis.url) (not .Values.redis.existingSecret) -}}true{{- end -}}
{{- end -}}

{{/* A setting as l2met reads it: YAML has read `off` as false, and a whole number as a fraction. */}}
{{- define "l2met.setting" -}}
{{- if kindIs "bool" . }}{{ ternary "on" "off" . }}{{ else if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* A setting as it will be in effect: the chart has to know those that Kubernetes must wait for. */}}
{{- define "l2met.shutdownMs" -}}
{{- get .Values.settings "SHUTDOWN_MS" | default 25000 | int -}}
{{- end -}}

{{/* What the restricted Pod Security Standard asks of a container, and a read-only root. */}}
{{- define "l2met.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
