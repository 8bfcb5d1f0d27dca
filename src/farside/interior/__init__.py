"""The interior: partial melting, crystallisation and water of mantle sources."""
