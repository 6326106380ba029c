"""``python -m serve.loop``."""

from serve.loop.command import loop

if __name__ == "__main__":
    loop()
