import { testTorture } from "../in-short.ts";
import { torture } from "./platform-kills.torture.ts";

testTorture(torture, {
	seed: 1,
	timeoutMs: 240_000,
	rounds: 4,
	plants: ["a process of a function outlives the platform"],
});
