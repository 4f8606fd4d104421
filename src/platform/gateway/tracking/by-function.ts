/**
 * What is kept for each function of each app. A request looks it up several times, so no key is made of the two names,
 * and the function that was looked up last is found at once.
 */

/** A name of a function. Undefined: what belongs to the app, and to none of its functions. */
type Name = string | undefined;

export class ByFunction<Entry> {
	readonly #apps = new Map<string, Map<Name, Entry>>();
	#lastApp: string | undefined;
	#lastName: Name;
	#last: Entry | undefined;

	get(app: string, name: Name): Entry | undefined {
		if (this.#last !== undefined && app === this.#lastApp && name === this.#lastName) return this.#last;
		const entry = this.#apps.get(app)?.get(name);
		if (entry !== undefined) this.#remember(app, name, entry);
		return entry;
	}

	set(app: string, name: Name, entry: Entry): void {
		const known = this.#apps.get(app);
		if (known === undefined) this.#apps.set(app, new Map([[name, entry]]));
		else known.set(name, entry);
		this.#remember(app, name, entry);
	}

	*values(): Iterable<Entry> {
		for (const functions of this.#apps.values()) yield* functions.values();
	}

	#remember(app: string, name: Name, entry: Entry): void {
		this.#lastApp = app;
		this.#lastName = name;
		this.#last = entry;
	}
}
