import { testTorture } from "../in-short.ts";
import { torture } from "./undo.torture.ts";

testTorture(torture, {
	seed: 1,
	plants: ["a removal is forgotten without naming the member", "what a hint names changes nothing"],
});
