/** Tells one client how far each of several nodes is with an app, when that changes. */
import type { AppEventMessage } from "../../../protocol/console.ts";
import type { App } from "../../apps/app.ts";
import { rolloutStatuses } from "../../nodes/rollout-status.ts";
import type { Core } from "../../service/core.ts";

export type NodeMessage = Omit<Extract<AppEventMessage, { type: "node" }>, "atMs">;

export class NodeWatch {
	readonly #core: Core;
	readonly #app: App;
	readonly #tell: (message: NodeMessage) => void;
	/** What was said of each node last, as text. */
	readonly #told = new Map<string, string>();

	constructor(core: Core, app: App, tell: (message: NodeMessage) => void) {
		[this.#core, this.#app, this.#tell] = [core, app, tell];
	}

	/** Tells what has changed since the last call. */
	look(): void {
		const presence = this.#core.node?.nodes.presence;
		if (presence === undefined) return;
		const { eventRevision, id } = this.#app;
		const statuses = rolloutStatuses(presence.list(), id, eventRevision);
		const silent = presence.silent().map((node) => ({ node, phase: "silent" as const, failed: [] }));
		const gone = new Set(this.#told.keys());
		for (const { failed, node, phase } of [...statuses, ...silent]) {
			gone.delete(node);
			this.#say({ type: "node", node, phase, failed: [...failed] });
		}
		for (const node of gone) {
			this.#say({ type: "node", node, phase: "gone", failed: [] });
			this.#told.delete(node);
		}
	}

	#say(message: NodeMessage): void {
		const text = JSON.stringify(message);
		if (this.#told.get(message.node) === text) return;
		this.#told.set(message.node, text);
		this.#tell(message);
	}
}
