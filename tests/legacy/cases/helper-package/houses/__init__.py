from .line import Line
