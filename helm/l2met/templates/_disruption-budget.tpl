{{- define "l2met.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "l2met.name" .context }}-{{ .role }}
  labels:
    {{- include "l2met.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ (get .context.Values .role).maxUnavailable }}
  # A pod that is not ready serves nobody: it must not keep a node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "l2met.selector" . | nindent 6 }}
{{- end -}}
