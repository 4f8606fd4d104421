/** What happens to the functions of apps, for those who watch it while it happens. Nothing of it is stored. */

/**
 * `starting`: a process starts. `serving`: it gets the requests. `drained`: the process before it has ended. `failed`: a
 * process did not start, or ended unexpectedly. `stopped`: no process gets requests, and the next request starts one.
 */
export type FunctionPhase = "starting" | "serving" | "drained" | "failed" | "stopped" | "deleted";

/** Something that happened just now. */
export type Activity =
	| {
			readonly type: "change";
			readonly revision: number;
			readonly names: readonly string[];
			/** The functions that will be redeployed. */
			readonly planned: readonly string[];
	  }
	| {
			readonly type: "function";
			readonly function: string;
			readonly phase: FunctionPhase;
			/** The function's own error. */
			readonly error?: string;
	  };

export type ActivityListener = (activity: Activity) => void;

export class Activities {
	readonly #listeners = new Map<string, Set<ActivityListener>>();

	/**
	 * Watches an app.
	 * @param app the app's id
	 * @returns a function that ends this
	 */
	watch(app: string, listener: ActivityListener): () => void {
		const present = this.#listeners.get(app) ?? new Set();
		this.#listeners.set(app, present.add(listener));
		return () => {
			present.delete(listener);
			if (present.size === 0 && this.#listeners.get(app) === present) this.#listeners.delete(app);
		};
	}

	/** Tells those who watch the app. A listener must not throw. */
	report(app: string, activity: Activity): void {
		for (const listener of [...(this.#listeners.get(app) ?? [])]) listener(activity);
	}
}
