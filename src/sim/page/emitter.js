/**
 * Named topics with listeners.
 * @template {Record<string, any>} Topics
 */
export class Emitter {
  /** @type {Map<keyof Topics, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Topics} T
   * @param {T} topic
   * @param {(value: Topics[T]) => void} listener
   * @param {AbortSignal} [signal] ends the subscription
   */
  on(topic, listener, signal) {
    const set = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, set.add(listener));
    signal?.addEventListener('abort', () => set.delete(listener));
  }

  /**
   * @template {keyof Topics} T
   * @param {T} topic
   * @param {Topics[T]} value
   */
  emit(topic, value) {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(value);
  }
}
