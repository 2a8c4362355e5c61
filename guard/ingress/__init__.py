"""HTTP towards clients: Litestar routes, one file per API family, and the map from errors to answers."""
