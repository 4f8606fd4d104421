/** Reports the state of the functions of `coffer dev`, as events. Does not repeat a warning or a failure. */
import type { RedeployResult } from "../../protocol/messages.ts";
import type { Deployed } from "./dev-platform.ts";
import type { Cause, OnEvent } from "./events.ts";

/** The platform that serves the functions. */
export interface ServingPlatform {
	/** Without a slash at its end. */
	readonly url: string;
	/** Whether a version of the function serves requests. */
	serves(name: string): boolean;
}

export class DevReports {
	readonly #platform: ServingPlatform;
	readonly #onEvent: OnEvent;
	/** Functions whose last deployment failed, with the error. */
	readonly #failed = new Map<string, string>();
	/** Why the last deployment or start of each function failed that did. */
	readonly #reasons = new Map<string, string>();
	/** Functions of which a version has served requests. */
	readonly #started = new Set<string>();
	/** The warnings about the vault that were sent. */
	readonly #cautions = new Set<string>();

	constructor(platform: ServingPlatform, onEvent: OnEvent) {
		this.#platform = platform;
		this.#onEvent = onEvent;
	}

	/** The functions whose last deployment failed. */
	get failed(): string[] {
		return [...this.#failed.keys()];
	}

	/** Why the last deployment or start of a function failed; undefined if it did not. */
	failure(name: string): string | undefined {
		return this.#reasons.get(name);
	}

	/** Sends each warning about the vault once, because the vault is read again after each change. */
	warn(warnings: readonly string[]): void {
		for (const message of warnings) {
			if (this.#cautions.has(message)) continue;
			this.#cautions.add(message);
			this.#onEvent({ event: "caution", message });
		}
	}

	removed(name: string): void {
		this.#failed.delete(name);
		this.#reasons.delete(name);
		this.#started.delete(name);
		this.#onEvent({ event: "removed", function: name });
	}

	/** @param sinceMs when the change was seen, in the time of `performance.now` */
	deployed({ error = "", name, status }: Deployed, cause: Cause, sinceMs: number): void {
		const ms = Math.round(performance.now() - sinceMs);
		if (status === "failed") {
			// A function that failed is started again after a change of any secret. The same failure is not reported again.
			const isRepeated = cause.files.length === 0 && this.#failed.get(name) === error;
			this.#failed.set(name, error);
			this.#reasons.set(name, error);
			if (isRepeated) return;
			const serving = this.#platform.serves(name);
			this.#onEvent({ event: "failed", function: name, cause, ms, error, serving });
			return;
		}
		this.#failed.delete(name);
		this.#reasons.delete(name);
		if (status === "unchanged") this.#onEvent({ event: "unchanged", function: name, cause, idle: false });
		else this.#reportStart(name, cause, ms);
	}

	/** @param sinceMs when the change was seen, in the time of `performance.now` */
	redeployed(
		{ error = "", function: name, reasons, serving, status }: RedeployResult,
		sinceMs: number,
	): void {
		const cause = { files: [], secrets: [...new Set(reasons.map((reason) => reason.name))].sort() };
		const ms = Math.round(performance.now() - sinceMs);
		if (status === "idle") this.#onEvent({ event: "unchanged", function: name, cause, idle: true });
		else if (status === "failed") {
			this.#reasons.set(name, error);
			this.#onEvent({ event: "failed", function: name, cause, ms, error, serving: serving === true });
		} else {
			this.#failed.delete(name);
			this.#reasons.delete(name);
			this.#reportStart(name, cause, ms);
		}
	}

	#reportStart(name: string, cause: Cause, ms: number): void {
		const restarted = this.#started.has(name);
		this.#started.add(name);
		const url = `${this.#platform.url}/${name}`;
		this.#onEvent({ event: "started", function: name, url, cause, ms, restarted });
	}
}
