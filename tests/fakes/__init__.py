"""Doubles of outside providers: small servers of ours that keep the providers' rules. Nothing else is ever faked."""
