import { testTorture } from "./in-short.ts";
import { torture } from "./undo.torture.ts";

testTorture(torture, {
	seed: 1,
	plants: ["a removal is forgotten, and nobody says whose", "what a hint names changes nothing"],
});
