{{/* Rules of network policies. */}}

{{/* One egress rule: to these peers (any address if there are none), on this TCP port. Takes a dict: to, port. */}}
{{- define "louyu.egress" -}}
- ports:
    - protocol: TCP
      port: {{ .port }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The name service, without which nothing is found, and the stores whose addresses a pod is given.
Takes a dict: root, secrets (setting: secret). */}}
{{- define "louyu.egressStores" -}}
{{- $policy := .root.Values.networkPolicy -}}
- ports:
    - protocol: UDP
      port: 53
    - protocol: TCP
      port: 53
{{- range $setting, $_ := .secrets }}
{{- if hasSuffix "_REDIS_URL" $setting }}
{{ include "louyu.egress" (dict "to" $policy.redisTo "port" $policy.redisPort) }}
{{- end }}
{{- end }}
{{- if contains "_DATABASE_URL:" (toYaml .secrets) }}
{{ include "louyu.egress" (dict "to" $policy.databaseTo "port" $policy.databasePort) }}
{{- end }}
{{- end -}}

{{/* The pods of some roles of this release. Takes a dict: root, roles (a list). */}}
{{- define "louyu.peerRoles" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: louyu
      app.kubernetes.io/instance: {{ .root.Release.Name }}
    matchExpressions:
      - key: app.kubernetes.io/component
        operator: In
        values: [{{ join ", " .roles }}]
{{- end -}}
