"""The channels that come with louyu: each as a plugin might bring it, by the hook `louyu_channels`."""
