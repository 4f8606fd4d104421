/** Remembers which failures were reported. A failure is reported once, again when it changes, and when it has ended. */
import { type AppError, EXIT } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import type { WatchEvent, Work } from "./events.ts";

interface Told {
	readonly code: string;
	readonly text: string;
	readonly isNetwork: boolean;
	/** Whether the token, or this device, was refused. */
	readonly isRefused: boolean;
}

/** Failures of a whole sync or deployment. */
export class WorkFailures {
	readonly #told = new Map<Work, Told>();

	/** The tasks that were refused. Another token may help, and no change of a file tells of it. */
	get refused(): Work[] {
		return [...this.#told].filter(([, { isRefused }]) => isRefused).map(([work]) => work);
	}

	/** @returns the event for a failure; undefined if it was reported before */
	failed(work: Work, error: AppError): WatchEvent | undefined {
		const { code, hint, message } = error;
		const isNetwork = error.exit === EXIT.network;
		const isRefused = error.exit === EXIT.unauthorised;
		const told = { code, text: `${code} ${message}`, isNetwork, isRefused };
		const known = [...this.#told].some(
			([of, one]) => one.text === told.text && (of === work || one.isNetwork),
		);
		this.#told.set(work, told);
		if (known) return undefined;
		return told.isNetwork ? { event: "out-of-reach", message } : { event: "failed", code, message, hint };
	}

	/** @returns the event for a success after a failure; undefined otherwise */
	worked(work: Work): WatchEvent | undefined {
		const told = this.#told.get(work);
		this.#told.delete(work);
		if (told === undefined) return undefined;
		// So the platform can also be reached for the other task.
		if (told.isNetwork) for (const [of, one] of this.#told) if (one.isNetwork) this.#told.delete(of);
		return { event: "recovered", work, code: told.code };
	}
}

/** A function's files by path. */
type Sources = ReadonlyMap<string, Uint8Array>;

/** Failures of functions to build or start. */
export class FunctionFailures {
	readonly #told = new Map<string, { readonly error: string; readonly sources: string }>();
	readonly #sources = new Map<string, Sources>();

	/** Remembers the files from which a function is going to be deployed. */
	note(name: string, sources: Sources): void {
		this.#sources.set(name, sources);
	}

	/** @returns the event for a result; undefined if there is nothing to report */
	done(result: DeployedFunction): WatchEvent | undefined {
		const { error = "", name, status } = result;
		const told = this.#told.get(name);
		if (status !== "failed") {
			this.#told.delete(name);
			const isNews = status === "deployed" || told !== undefined;
			return isNews ? { event: "function", result } : undefined;
		}
		const sources = fingerprint(this.#sources.get(name));
		this.#told.set(name, { error, sources });
		if (told?.error !== error) return { event: "function", result };
		return told.sources === sources ? undefined : { event: "function", result, again: true };
	}

	forget(name: string): void {
		this.#told.delete(name);
		this.#sources.delete(name);
	}
}

/** Changes if a file changes. */
function fingerprint(sources: Sources = new Map()): string {
	return [...sources].map(([path, bytes]) => `${path} ${blobHash(bytes)}`).join("\n");
}
