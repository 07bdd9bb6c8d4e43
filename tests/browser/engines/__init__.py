"""The main features in Firefox and WebKit, two engines with other quirks than Chromium."""
