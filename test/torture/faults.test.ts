import { torture } from "./faults.torture.ts";
import { testTorture } from "./in-short.ts";

testTorture(torture, {
	seed: 1,
	plants: ["the file is written in place", "nothing is synced to the disk", "leftovers are left"],
});
