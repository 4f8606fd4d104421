import { testTorture } from "./in-short.ts";
import { torture } from "./merges.torture.ts";

testTorture(torture, { seed: 1 });
