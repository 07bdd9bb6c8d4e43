"""The pages' core in Firefox and WebKit: two browsers that forgive other things than Chromium does."""
