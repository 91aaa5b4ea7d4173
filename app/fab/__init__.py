"""All we do to Flask-AppBuilder: its security manager, its views, its data interface, and repairs."""
