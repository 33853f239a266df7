"""How written notes are played: articulation, dynamics, touch."""
