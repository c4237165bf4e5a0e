from transformers import PretrainedConfig


class OwnConfig(PretrainedConfig):
    model_type = "own_model"

    def __init__(
        self, hidden_size=64, vocab_size=100, num_hidden_layers=3, intermediate_size=128, **kwargs
    ):
        self.hidden_size, self.vocab_size = hidden_size, vocab_size
        self.num_hidden_layers, self.intermediate_size = num_hidden_layers, intermediate_size
        super().__init__(**kwargs)
