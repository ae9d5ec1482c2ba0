"""The encoder and the decoder of a variational autoencoder as networks that work without this package."""

from atelier.modalities.images import portable
from atelier.networks.network import Network
from atelier.networks.portable import Part


def parts(network: Network) -> list[Part]:
    """Return the encoder and the decoder, which draws the mean of the likelihood."""
    bernoulli = network.config.likelihood == "bernoulli"
    return [portable.encoder(network), portable.decoder(network, "sigmoid" if bernoulli else "linear")]
