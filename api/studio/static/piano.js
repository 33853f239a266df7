/**
 * A piano that is computed, as the service computes its own (music/audio/piano.py): strings whose partials
 * decay, a damper, a room. Every fourth key is computed; those between are played from it, faster or
 * slower.
 */

/** Of a song without dynamics. */
export const FLAT_VELOCITY = 80;
const RATE_HZ = 44_100;
const KEYS_PER_TONE = 4;
const [LOWEST, HIGHEST] = [22, 106]; // of the tones
const LONGEST_S = 6;
const MOST_PARTIALS = 28;
const HIGHEST_PARTIAL_HZ = 11_000;
const STRIKING_POINT = 1 / 8.3; // of the string's length
const LAST_DAMPER = 88; // strings above it have none
const LOUDNESS = 0.11;
const ROOM_S = 1.3;
// Three strings swing together first, then against each other, long and a little out of tune.
const STRINGS = [
  { detune: 1, fall: 3.2, part: 0.7 },
  { detune: 1.0005, fall: 0.9, part: 0.3 },
];

/**
 * @typedef {object} Voice A note that is sounding or will.
 * @property {AudioBufferSourceNode} source
 * @property {(at_s: number) => void} stop
 */

export class Piano {
  /** @type {Map<number, AudioBuffer>} */
  #tones = new Map();
  /** @type {Promise<void> | null} */
  #preparing = null;

  get isReady() {
    return this.#tones.size === Math.floor((HIGHEST - LOWEST) / KEYS_PER_TONE) + 1;
  }

  /** Computes its tones, leaving the page time to breathe between them. */
  prepare() {
    this.#preparing ??= this.#prepare();
    return this.#preparing;
  }

  async #prepare() {
    for (let pitch = LOWEST; pitch <= HIGHEST; pitch += KEYS_PER_TONE) {
      await new Promise((resolve) => setTimeout(resolve));
      this.#tones.set(pitch, tone(pitch));
    }
  }

  /**
   * Strikes a key.
   * @param {AudioNode} output
   * @param {{pitch: number, velocity: number, at_s: number, held_s: number}} note In the time of the output's context.
   * @returns {Voice}
   */
  strike(output, { pitch, velocity, at_s, held_s }) {
    const { context } = output;
    const nearest = LOWEST + KEYS_PER_TONE * Math.round((pitch - LOWEST) / KEYS_PER_TONE);
    const computed = Math.min(HIGHEST, Math.max(LOWEST, nearest));
    const source = new AudioBufferSourceNode(context, {
      buffer: this.#tones.get(computed) ?? null,
      playbackRate: 2 ** ((pitch - computed) / 12),
    });
    const damper = new GainNode(context);
    const place = new StereoPannerNode(context, { pan: 0.4 * ((pitch - 64) / 44) });
    const loudness = new GainNode(context, { gain: gainOf(velocity) });
    source.connect(damper).connect(loudness).connect(place).connect(output);
    source.start(at_s);
    const damped_s = 0.07 * 2 ** ((60 - pitch) / 36);
    if (pitch <= LAST_DAMPER) release(source, damper, at_s + held_s, damped_s);
    return { source, stop: (now_s) => release(source, damper, now_s, 0.02) };
  }
}

/**
 * Says how loud a key is, as music/audio/piano.py does.
 * @param {number} velocity
 */
function gainOf(velocity) {
  return (velocity / FLAT_VELOCITY) ** 1.5;
}

/**
 * Adds the sound of a room, and limits the level.
 * @param {AudioContext} context
 * @param {AudioNode} destination
 * @returns {AudioNode} Where to play.
 */
export function room(context, destination) {
  const input = new GainNode(context);
  const limit = new WaveShaperNode(context, {
    curve: Float32Array.from({ length: 2049 }, (_, n) => Math.tanh(n / 512 - 2)),
  });
  // The curve goes from -1 to 1, where sound may go beyond: halve it first.
  const halved = new GainNode(context, { gain: 0.5 });
  const walls = new ConvolverNode(context, { buffer: echoes(context), disableNormalization: true });
  input.connect(halved);
  input.connect(walls).connect(halved);
  halved.connect(limit).connect(destination);
  return input;
}

/**
 * @param {AudioBufferSourceNode} source
 * @param {GainNode} damper
 * @param {number} at_s
 * @param {number} within_s In which it falls to a third.
 */
function release(source, damper, at_s, within_s) {
  damper.gain.setTargetAtTime(0, at_s, within_s);
  source.stop(at_s + 7 * within_s);
}

/**
 * Strikes a key and holds it.
 * @param {number} pitch MIDI note number.
 */
function tone(pitch) {
  const basic_hz = 440 * 2 ** ((pitch - 69) / 12);
  const fall = 0.3 * 2 ** ((pitch - 48) / 14);
  const samples = new Float32Array(Math.round(Math.min(LONGEST_S, 6.9 / (0.8 * fall)) * RATE_HZ));
  const stiffness = Math.exp(0.0926 * pitch - 13.64) + Math.exp(-0.0847 * pitch - 5.82);
  for (let number = 1; number <= MOST_PARTIALS; number++) {
    const hz = number * basic_hz * Math.sqrt(1 + stiffness * number ** 2);
    if (hz > HIGHEST_PARTIAL_HZ) break;
    const struck = Math.abs(Math.sin(Math.PI * number * STRIKING_POINT)) * number ** -0.6;
    const loudness = struck * Math.exp(-(hz - basic_hz) / (700 + 1.6 * basic_hz));
    for (const string of STRINGS) {
      addDecaying(
        samples,
        hz * string.detune,
        (fall + 8e-8 * hz ** 2) * string.fall,
        loudness * string.part,
      );
    }
  }
  shape(samples, pitch);
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE_HZ });
  buffer.copyToChannel(samples, 0);
  return buffer;
}

/**
 * Adds a decaying sinusoid: a complex number that turns and shrinks a little with every sample.
 * @param {Float32Array} samples
 * @param {number} hz
 * @param {number} fall Nepers a second.
 * @param {number} loudness How loud it begins.
 */
function addDecaying(samples, hz, fall, loudness) {
  const shrink = Math.exp(-fall / RATE_HZ);
  const turn = (2 * Math.PI * hz) / RATE_HZ;
  const [stepReal, stepImaginary] = [shrink * Math.cos(turn), shrink * Math.sin(turn)];
  const audible = Math.min(samples.length, Math.round((9 / fall) * RATE_HZ));
  let [real, imaginary] = [loudness, 0];
  for (let place = 0; place < audible; place++) {
    samples[place] += imaginary;
    [real, imaginary] = [
      real * stepReal - imaginary * stepImaginary,
      real * stepImaginary + imaginary * stepReal,
    ];
  }
}

/**
 * Gives a tone its loudness, an onset without a click, and an end without one.
 * @param {Float32Array} samples
 * @param {number} pitch
 */
function shape(samples, pitch) {
  const early = samples.subarray(0, RATE_HZ / 5);
  const power = Math.sqrt(early.reduce((sum, sample) => sum + sample * sample, 0) / early.length);
  const balance = pitch < 72 ? 1 : 1 - (0.5 * (pitch - 72)) / 36; // high ones stand out
  const attack = RATE_HZ * (0.001 + 0.003 * 2 ** ((36 - pitch) / 24));
  const last = samples.length - 1;
  for (let place = 0; place < samples.length; place++) {
    const begun = Math.sin((Math.PI / 2) * Math.min(1, place / attack)) ** 2;
    samples[place] *= ((LOUDNESS * balance) / power) * begun * Math.min(1, (last - place) / 512);
  }
}

/**
 * Hears a room answer a click: noise that fades.
 * @param {AudioContext} context
 */
function echoes(context) {
  const length = Math.round(ROOM_S * context.sampleRate);
  const response = new AudioBuffer({ length, sampleRate: context.sampleRate, numberOfChannels: 2 });
  for (const channel of [0, 1]) {
    const samples = response.getChannelData(channel);
    let dull = 0;
    for (let place = 0; place < length; place++) {
      const seconds = place / context.sampleRate;
      dull += 0.25 * (Math.random() * 2 - 1 - dull);
      samples[place] = 0.012 * dull * Math.exp(-seconds / 0.24) * Math.min(1, seconds / 0.012);
    }
  }
  return response;
}
