import { testTorture } from "../in-short.ts";
import { torture } from "./merges.torture.ts";

testTorture(torture, {
	seed: 1,
	rounds: 12,
	plants: ["the driver keeps one side and reports a clean merge"],
});
