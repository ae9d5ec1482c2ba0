"""The generator of a generative adversarial network as a network that works without this package."""

from atelier.modalities.images import portable
from atelier.networks.network import Network
from atelier.networks.portable import Part


def parts(network: Network) -> list[Part]:
    """Return the generator that draws samples; its outputs are from −1 to 1."""
    return [portable.decoder(network, "linear")]
