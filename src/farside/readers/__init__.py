"""Read spectra from files: each reader returns a Spectra dataset (`farside.readers.dataset`)."""
