"""Maps: images to oxide maps by blocks, mosaics, exports, the map that ships, resources, sites."""
