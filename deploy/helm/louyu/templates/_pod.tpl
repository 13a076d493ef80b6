{{/* What every pod of the chart has in common: the "restricted" profile, no token, nothing writable but /tmp (and, for messaging, the folder of photos where there is one).
These are constants, not values: nobody should have to check whether they still hold. */}}

{{/* Takes a dict: root, component. */}}
{{- define "louyu.podSettings" -}}
automountServiceAccountToken: false
# Kubernetes would otherwise put LOUYU_..._PORT of our own Services into the environment, which the settings refuse.
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "louyu.containerSettings" -}}
image: {{ include "louyu.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* The mounts and volumes of a container. Takes a dict: root, secrets (what it may read), tls (a Secret or ""), claim (of
photos and recordings, or ""), tmp (how much /tmp may hold). */}}
{{- define "louyu.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .claim }}
- name: media
  mountPath: /var/lib/louyu/media
{{- end }}
- name: secrets
  mountPath: /run/louyu/secrets
  readOnly: true
{{- if .tls }}
- name: tls
  mountPath: /run/louyu/tls
  readOnly: true
{{- end }}
{{- end -}}

{{- define "louyu.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmp | default "64Mi" }}
{{- if .claim }}
- name: media
  persistentVolumeClaim:
    claimName: {{ .claim }}
{{- end }}
- name: secrets
  projected:
    # Readable by the group that fsGroup names, by nobody else.
    defaultMode: 0440
    sources:
      {{- range $setting, $secret := .secrets }}
      {{- $given := index $.root.Values.secrets $secret }}
      - secret:
          name: {{ $given.secretName | default $.root.Values.secrets.secretName }}
          items:
            - key: {{ $given.key }}
              path: {{ include "louyu.secretFile" $setting }}
            {{- range $given.files }}
            - key: {{ . }}
              path: {{ . }}
            {{- end }}
      {{- end }}
{{- if .tls }}
- name: tls
  secret:
    secretName: {{ .tls }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{/* The file of a secret setting: LOUYU_DATABASE_URL is in database-url. */}}
{{- define "louyu.secretFile" -}}
{{- . | trimPrefix "LOUYU_" | lower | replace "_" "-" -}}
{{- end -}}
