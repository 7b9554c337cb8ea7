"""Sound -> what the recogniser looks at: 40 cepstra each 10 ms, exactly as Vosk computes them."""

import numpy as np
import numpy.typing as npt

from nlp.speech.training import extra
from nlp.speech.training.telephone import FULL_SCALE, RATE_HZ, Sound

CEPSTRA = 40
LOW_HZ = 20
HIGH_HZ = 3700

Features = npt.NDArray[np.float32]

VOSK_CONF = f"""\
--sample-frequency={RATE_HZ}
--use-energy=false
--num-mel-bins={CEPSTRA}
--num-ceps={CEPSTRA}
--low-freq={LOW_HZ}
--high-freq={HIGH_HZ}
--dither=0
--allow-downsample=true
--allow-upsample=true
"""  # the same numbers for Vosk; without dither the same sound always gives the same words


def compute(sound: Sound) -> Features:
    """Frames x CEPSTRA of a sound at RATE_HZ."""
    native = extra.need("kaldi_native_fbank", "训练语音识别")
    options = native.MfccOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE_HZ
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = CEPSTRA
    options.num_ceps = CEPSTRA
    options.mel_opts.low_freq = LOW_HZ
    options.mel_opts.high_freq = HIGH_HZ
    options.use_energy = False
    computer = native.OnlineMfcc(options)
    computer.accept_waveform(RATE_HZ, (sound * FULL_SCALE).tolist())
    computer.input_finished()
    frames = [computer.get_frame(i) for i in range(computer.num_frames_ready)]
    return np.stack(frames).astype(np.float32)
