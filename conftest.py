pytest_plugins = ["huume.testing"]
