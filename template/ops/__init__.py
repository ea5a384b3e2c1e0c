"""The operations of this repository: run its workflow here, build, deploy and watch it on AWS.

A line in this package never knows about the model; a line in `src/` never knows about AWS.
"""
