"""The pages that people see, by area, and what they are made of: views, templates, words."""
