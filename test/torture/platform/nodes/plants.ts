/** Bugs that the torture must find. */
import type { Replacement } from "./cluster/build.ts";

export const PLANTS: Readonly<Record<string, readonly Replacement[]>> = {
	"a change is appended without a comparison": [
		{
			file: "src/platform/store/etcd/streams.ts",
			text: "when: [isValue(head, expectedHead), ...this.#sealConditions(seal), ...prepared.conditions],",
			by: "when: [...prepared.conditions],",
		},
	],
	"a node that is cut off serves on": [
		{
			file: "src/platform/nodes/presence.ts",
			text: "return this.#options.clock.monotonicMs() - this.#renewedMs < this.#serveMs;",
			by: "return true;",
		},
	],
	"values are given to functions before a node has tried them": [
		{
			file: "src/platform/redeploy/rollout/app-rollout.ts",
			text: "return this.isTrying(name) ? state.records : state.recordsFor(name);",
			by: "return state.records;",
		},
	],
	"a run of an automation is not claimed": [
		{
			file: "src/platform/schedule/claims.ts",
			text: "if (!this.#isFull) return isMine;",
			by: "if (!this.#isFull) return true;",
		},
	],
	"a node answers without reading what others have appended": [
		{
			file: "src/platform/nodes/nodes.ts",
			text: "await confirmed(this.#options.sealed, () => this.#read(app));",
			by: 'if (app === "") await confirmed(this.#options.sealed, () => this.#read(app));',
		},
	],
};
