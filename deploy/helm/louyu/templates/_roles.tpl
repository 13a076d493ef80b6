{{/* The four roles: what the templates need to know of each. A test compares this table with the settings classes.

port, admin: where the role listens. protocol: what it speaks on `port`. calls: the roles that it calls.
secrets: which setting is read from which of .Values.secrets. providers: whether it speaks with outside providers. */}}
{{- define "louyu.roles" -}}
messaging:
  port: 7001
  admin: 9101
  protocol: grpc
  calls: [notify]
  providers: false
  secrets:
    LOUYU_DATABASE_URL: messagingDatabaseUrl
    LOUYU_REDIS_URL: redisUrl
    LOUYU_SIGNING_KEY: signingKey
    LOUYU_VERIFY_KEYS: verifyKeys
    LOUYU_DATA_KEYS: dataKeys
    LOUYU_LOOKUP_KEY: lookupKey
    LOUYU_MEDIA_ACCESS_KEY: mediaAccessKey
    LOUYU_MEDIA_SECRET_KEY: mediaSecretKey
routing:
  port: 7002
  admin: 9102
  protocol: grpc
  calls: [messaging]
  providers: false
  secrets:
    LOUYU_DATABASE_URL: routingDatabaseUrl
    LOUYU_REDIS_URL: redisUrl
    LOUYU_SIGNING_KEY: signingKey
    LOUYU_VERIFY_KEYS: verifyKeys
    LOUYU_ROUTING_EMERGENCIES_FILE: emergencies
notify:
  port: 7003
  admin: 9103
  protocol: grpc
  calls: [messaging, routing]
  providers: true
  secrets:
    LOUYU_DATABASE_URL: notifyDatabaseUrl
    LOUYU_REDIS_URL: redisUrl
    LOUYU_SIGNING_KEY: signingKey
    LOUYU_VERIFY_KEYS: verifyKeys
    LOUYU_DATA_KEYS: dataKeys
    LOUYU_CHANNELS_FILE: channels
gateway:
  port: 8080
  admin: 9104
  protocol: http
  calls: [messaging, routing, notify]
  providers: true
  secrets:
    LOUYU_REDIS_URL: redisUrl
    LOUYU_SIGNING_KEY: signingKey
    LOUYU_VERIFY_KEYS: verifyKeys
    LOUYU_CHANNELS_FILE: channels
{{- end -}}

{{/* What a role reads from Secrets: its table's entries, without those that are optional and off. */}}
{{- define "louyu.roleSecrets" -}}
{{- range $setting, $secret := .facts.secrets }}
{{- $given := index $.root.Values.secrets $secret }}
{{- if ne (toString (get $given "enabled")) "false" }}
{{ $setting }}: {{ $secret }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What `louyu migrate` reads from Secrets. */}}
{{- define "louyu.migrateSecrets" -}}
LOUYU_MIGRATE_DATABASE_URL: migrateDatabaseUrl
{{- end -}}

{{/* The paths of secret files as settings. Takes a dict: secrets. LOUYU_CHANNELS_FILE is itself the name of a file. */}}
{{- define "louyu.secretSettings" -}}
{{- range $setting, $_ := .secrets }}
{{ $setting | trimSuffix "_FILE" }}_FILE: /run/louyu/secrets/{{ include "louyu.secretFile" $setting }}
{{- end }}
{{- end -}}

{{/* What `louyu doctor` is given: everything that any role reads, so that it can try it all. */}}
{{- define "louyu.doctor" -}}
calls: [messaging, routing, notify]
secrets:
  LOUYU_MESSAGING_DATABASE_URL: messagingDatabaseUrl
  LOUYU_ROUTING_DATABASE_URL: routingDatabaseUrl
  LOUYU_NOTIFY_DATABASE_URL: notifyDatabaseUrl
  LOUYU_REDIS_URL: redisUrl
  LOUYU_SIGNING_KEY: signingKey
  LOUYU_VERIFY_KEYS: verifyKeys
  LOUYU_DATA_KEYS: dataKeys
  LOUYU_LOOKUP_KEY: lookupKey
  LOUYU_MEDIA_ACCESS_KEY: mediaAccessKey
  LOUYU_MEDIA_SECRET_KEY: mediaSecretKey
  LOUYU_CHANNELS_FILE: channels
{{- end -}}

{{/* Settings by which a process finds and trusts the others, as NAME: value. Takes a dict: root, role, facts. */}}
{{- define "louyu.clientSettings" -}}
{{- $root := .root -}}
{{- $fullname := include "louyu.fullname" $root -}}
LOUYU_PUBLIC_URL: {{ $root.Values.publicUrl | quote }}
{{- range $called := .facts.calls }}
{{- $port := (get (include "louyu.roles" $root | fromYaml) $called).port }}
LOUYU_{{ upper $called }}_ADDR: "dns:///{{ $fullname }}-{{ $called }}-grpc.{{ $root.Release.Namespace }}.svc:{{ $port }}"
{{- end }}
{{- include "louyu.secretSettings" (dict "secrets" (include "louyu.roleSecrets" . | fromYaml)) }}
{{- if $root.Values.tls.enabled }}
LOUYU_TLS_CERT: /run/louyu/tls/tls.crt
LOUYU_TLS_KEY: /run/louyu/tls/tls.key
LOUYU_TLS_CA: /run/louyu/tls/ca.crt
{{- else }}
LOUYU_ALLOW_PLAINTEXT: "true"
{{- end }}
{{- end -}}

{{/* Settings that you gave: the role's own win over those for all. Takes a dict: root, role. */}}
{{- define "louyu.givenSettings" -}}
{{- $own := (index .root.Values.roles .role).settings }}
{{- range $name, $value := merge (deepCopy $own) .root.Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Settings of a role that the chart itself decides, as NAME: value. Takes a dict: root, role, facts. */}}
{{- define "louyu.managedSettings" -}}
LOUYU_LISTEN: "0.0.0.0:{{ .facts.port }}"
LOUYU_ADMIN_LISTEN: "0.0.0.0:{{ .facts.admin }}"
{{ include "louyu.clientSettings" . }}
{{- if eq .role "messaging" }}
{{- if .root.Values.media.existingClaim }}
LOUYU_MEDIA_URL: file:///var/lib/louyu/media
{{- else if .root.Values.media.url }}
LOUYU_MEDIA_URL: {{ .root.Values.media.url | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* All settings of a role. */}}
{{- define "louyu.roleSettings" -}}
{{- include "louyu.managedSettings" . }}
{{- include "louyu.givenSettings" . }}
{{- end -}}
