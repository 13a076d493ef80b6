"""The Official Account's callback, its accounts file, and the double of the platform."""
