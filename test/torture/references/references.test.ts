import { testTorture } from "../in-short.ts";
import { torture } from "./references.torture.ts";

testTorture(torture, { seed: 8 });
