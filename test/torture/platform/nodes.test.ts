import { testTorture } from "../in-short.ts";
import { torture } from "./nodes.torture.ts";

testTorture(torture, {
	seed: 1,
	timeoutMs: 300_000,
	plants: [],
	reaches: [
		"changes: appended",
		"changes that were rolled out",
		"tokens that were revoked",
		"runs of automations",
		"calls with status 200",
		"the whole cluster was lost",
	],
});
