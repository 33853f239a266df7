"""The version of the API's contract, which every response has in a header.

A minor version adds to the contract, a major version takes something away.
"""

VERSION = "1.0"
HEADER = "Leitmotif-Api-Version"
