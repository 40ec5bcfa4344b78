"""PiFlow's Python components: scripts with a requirements.txt, run without Docker."""
