{{/* The pod of the migration. Takes a dict: root, scope, name, mounted, settings. */}}
{{- define "louyu.migratePod" -}}
metadata:
  labels:
    {{- include "louyu.labels" .scope | nindent 4 }}
spec:
  serviceAccountName: {{ .name }}
  {{- include "louyu.podSettings" .scope | nindent 2 }}
  restartPolicy: Never
  containers:
    - name: migrate
      args: [migrate]
      {{- include "louyu.containerSettings" .root | nindent 6 }}
      env:
        {{- range $name, $value := .settings }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
      resources:
        {{- toYaml .root.Values.migrate.resources | nindent 8 }}
      volumeMounts:
        {{- include "louyu.mounts" .mounted | nindent 8 }}
  volumes:
    {{- include "louyu.volumes" .mounted | nindent 4 }}
{{- end -}}
