"""Networks of tokens that are not transformers: neural n-grams and recurrences, exact in integers.

Both share what stands around them: one table of word vectors at the input and the output
(``words.py``), lanes and the contract of a symbol model (``model.py``).
"""

from neurocomp.models.tokennets.model import NeuralNgramModel, RecurrentTokensModel

__all__ = ["NeuralNgramModel", "RecurrentTokensModel"]
