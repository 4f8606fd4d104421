import { testTorture } from "./in-short.ts";
import { torture } from "./undo.torture.ts";

testTorture(torture, { seed: 1 });
