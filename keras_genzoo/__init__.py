from keras_genzoo import data, layers, losses, metrics, models, networks
from keras_genzoo.models import VAE
