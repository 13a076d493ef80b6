{{/* Names, labels and the image: the same in every object. */}}

{{/* The name of the release's objects; 40 characters leave room for the longest suffix within 63. */}}
{{- define "louyu.fullname" -}}
{{- if contains "louyu" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-louyu" (.Release.Name | trunc 34 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of one component. Takes a dict: root, component. Selectors can never change. */}}
{{- define "louyu.selector" -}}
app.kubernetes.io/name: louyu
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of every object. Takes a dict: root, component. */}}
{{- define "louyu.labels" -}}
{{ include "louyu.selector" . }}
app.kubernetes.io/part-of: louyu
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "louyu-%s" .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The image of every container. A digest wins over a tag. */}}
{{- define "louyu.image" -}}
{{- $image := .Values.image -}}
{{- $name := $image.repository -}}
{{- if $image.registry -}}
{{- $name = printf "%s/%s" (trimSuffix "/" $image.registry) $image.repository -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
