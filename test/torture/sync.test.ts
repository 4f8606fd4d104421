import { testTorture } from "./in-short.ts";
import { torture } from "./sync.torture.ts";

testTorture(torture, {
	seed: 1,
	rounds: 12,
	plants: ["a store that acknowledges a change and forgets it", "a device that drops a record it had saved"],
});
