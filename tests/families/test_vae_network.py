"""The variational autoencoder: its size, its objective, its warm-up."""

import keras
import numpy as np
import pytest

from atelier.core.spec import Spec
from atelier.families.vae import network as vae
from atelier.families.vae.params import Config

SPEC = Spec("digits", (28, 28, 1), (0, 255), ("a", "b"), (), {}, {}, "embedded")
TEXTBOOK = Config(
    condition="none",
    latent_dim=2,
    encoder_filters=(32, 64),
    encoder_dense=(16,),
    decoder_dense=(),
    decoder_filters=(64, 32),
    residual_blocks=0,
    likelihood="bernoulli",
    activation="relu",
    beta=1.0,
    kl_warmup_epochs=0.0,
)


COLOUR = Spec("faces", (16, 16, 3), (0, 255), (), ("Smiling",), {}, {}, "embedded")
FACES = TEXTBOOK.model_copy(
    update={"latent_dim": 8, "encoder_filters": (4, 8), "decoder_filters": (8, 4), "likelihood": "gaussian"}
)


def compiled(config: Config, spec: Spec = SPEC) -> vae.VAE:
    keras.utils.set_random_seed(0)
    model = vae.build(config, spec)
    model.compile(optimizer="sgd", jit_compile=False)
    return model


def test_parameters_can_describe_the_textbook_network():
    model = vae.build(TEXTBOOK, SPEC)
    assert model.encoder.count_params() == 69_076
    assert model.decoder.count_params() == 65_089


def test_decoder_without_convolutions_gives_logits_of_the_image_shape():
    model = vae.build(TEXTBOOK.model_copy(update={"decoder_filters": ()}), SPEC)
    assert model.decoder(np.zeros((3, 2), np.float32)).shape == (3, 28, 28, 1)


def test_image_sizes_that_the_decoder_cannot_reach_by_doubling_are_refused():
    with pytest.raises(ValueError, match=r"decoder_filters: got \[8, 8, 8\], .* divisible by 8; .* 28×28"):
        vae.build(TEXTBOOK.model_copy(update={"decoder_filters": (8, 8, 8)}), SPEC)


def test_encoder_accepts_sides_that_are_not_powers_of_two():
    model = vae.build(TEXTBOOK.model_copy(update={"encoder_filters": (8, 8, 8)}), SPEC)
    assert model.encoder(np.zeros((1, 28, 28, 1), np.uint8))[0].shape == (1, 2)


def test_likelihood_of_zero_logits_is_log_two_for_each_pixel():
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), np.uint8)
    nats = np.asarray(compiled(TEXTBOOK).reconstruction_nats(images, np.zeros(images.shape, np.float32)))
    np.testing.assert_allclose(nats, 784 * np.log(2), rtol=1e-6)


def test_likelihood_stays_finite_at_extreme_logits():
    images = np.full((1, 2, 2, 1), 255, np.uint8)
    nats = np.asarray(compiled(TEXTBOOK).reconstruction_nats(images, np.full(images.shape, -1000.0, np.float32)))
    np.testing.assert_allclose(nats, 4000)


def test_kl_of_a_gaussian_is_its_closed_form_in_nats():
    mean, variance = np.array([[0.0, 1.5]], np.float32), np.array([[1.0, 0.25]], np.float32)
    kl = np.asarray(vae.gaussian_kl_nats(mean, np.log(variance)))
    np.testing.assert_allclose(kl, [[0, 0.5 * (1.5**2 + 0.25 - 1 - np.log(0.25))]], rtol=1e-6)


def test_objective_sums_over_pixels_and_latents_and_averages_over_the_batch():
    model = compiled(TEXTBOOK)
    images = np.random.default_rng(1).integers(0, 256, (6, 28, 28, 1), np.uint8)
    outputs = model(images)
    once = float(model.compute_loss(x=images, y_pred=outputs))
    doubled = {name: np.concatenate([value, value]) for name, value in outputs.items()}
    assert float(model.compute_loss(x=np.concatenate([images, images]), y_pred=doubled)) == pytest.approx(once)
    assert 300 < once < 800


def test_beta_weights_the_kl_term_only():
    images = np.zeros((2, 28, 28, 1), np.uint8)
    outputs = {
        "centre": np.zeros(images.shape, np.float32),
        "z_mean": np.ones((2, 2), np.float32),
        "z_log_var": np.zeros((2, 2), np.float32),
    }
    losses = [
        float(
            compiled(TEXTBOOK.model_copy(update={"beta": beta})).compute_loss(x=images, y_pred=outputs, training=False)
        )
        for beta in (0.0, 1.0, 3.0)
    ]
    np.testing.assert_allclose(np.diff(losses), [1, 2], rtol=1e-4)


def test_kl_weight_rises_to_beta_and_validation_always_uses_beta():
    model = compiled(TEXTBOOK.model_copy(update={"beta": 2.0, "kl_warmup_epochs": 3.0}))
    weights = []
    for epoch in range(5):
        model.on_epoch_begin(epoch)
        weights.append(float(model.kl_weight))
    assert weights == [0.5, 1.0, 1.5, 2.0, 2.0]
    images = np.zeros((2, 28, 28, 1), np.uint8)
    outputs = model(images)
    model.on_epoch_begin(0)
    early = float(model.compute_loss(x=images, y_pred=outputs, training=False))
    model.on_epoch_begin(4)
    assert float(model.compute_loss(x=images, y_pred=outputs, training=False)) == early


def test_pixels_are_the_rounded_mean_of_the_likelihood():
    logits = np.array([-50.0, 0.0, 50.0], np.float32)
    assert vae.build(TEXTBOOK, SPEC).pixels(logits).tolist() == [0, 128, 255]
    means = np.array([-2.0, -1.0, 0.0, 1.0, 1.5], np.float32)
    assert vae.build(FACES, COLOUR).pixels(means).tolist() == [0, 0, 128, 255, 255]


def test_discretised_logistic_sums_to_one_over_the_grey_levels():
    levels = (np.arange(256, dtype=np.float32) / 127.5 - 1)[:, None]
    for mean, scale in ((0.3, 0.02), (-1.2, 0.3), (0.99, 0.005)):
        nats = vae.logistic_nats(levels, np.float32(mean), np.float32(np.log(scale)))
        assert np.exp(-np.asarray(nats, np.float64)).sum() == pytest.approx(1, abs=1e-3)


def test_discretised_logistic_stays_finite_far_from_its_mean():
    nats = np.asarray(vae.logistic_nats(np.array([-1.0, 0.9, 1.0], np.float32), np.float32(-1.0), np.float32(-7.0)))
    assert np.isfinite(nats).all()
    assert nats[1] > 500


def test_gaussian_likelihood_is_the_density_times_the_width_of_a_grey_level():
    levels = (np.arange(256, dtype=np.float32) / 127.5 - 1)[:, None]
    nats = vae.gaussian_nats(levels, np.float32(0.1), np.float32(np.log(0.1)))
    assert np.exp(-np.asarray(nats, np.float64)).sum() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("likelihood", ["gaussian", "logistic"])
def test_scale_of_the_likelihood_is_learned_for_each_channel(likelihood: str):
    model = compiled(FACES.model_copy(update={"likelihood": likelihood}), COLOUR)
    before = np.array(model.log_scale)
    assert before.shape == (3,)
    model.train_on_batch(np.full((4, 16, 16, 3), (10, 128, 250), np.uint8))
    assert (np.array(model.log_scale) != before).all()


def test_best_scale_of_a_gaussian_is_the_deviation_of_its_reconstructions():
    model = compiled(FACES, COLOUR)
    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), np.uint8)
    centre = np.zeros(images.shape, np.float32)
    deviation = np.sqrt(np.square(images / 127.5 - 1).mean())
    costs = []
    for factor in (0.8, 1.0, 1.25):
        model.log_scale.assign(np.full(3, np.log(factor * deviation)))
        costs.append(float(np.mean(model.reconstruction_nats(images, centre))))
    assert costs[1] < min(costs[0], costs[2])


def test_untrained_residual_blocks_are_the_identity():
    z = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    plain, deep = (vae.build(FACES.model_copy(update={"residual_blocks": n}), COLOUR) for n in (0, 2))
    assert deep.count_params() > plain.count_params()
    blocks = [layer for layer in deep.decoder.layers if isinstance(layer, keras.layers.Add)]
    assert len(blocks) == 2 * len(FACES.decoder_filters)
    for block in blocks:
        inside = keras.Model(deep.decoder.input, [block.input[0], block.output])
        before, after = inside(z)
        np.testing.assert_array_equal(np.asarray(before), np.asarray(after))
