// The texts about states and transitions, fetched once per language.

import { ask } from '../api';
import type { ExplainAll, LifeState, State } from '../api_types';
import { type Language, language } from '../i18n';

const fetched = new Map<Language, Promise<ExplainAll>>();

function all_of(wanted: Language): Promise<ExplainAll> {
  let answer = fetched.get(wanted);
  if (!answer) {
    answer = ask<ExplainAll>('explain/states', { lang: wanted });
    answer.catch(() => fetched.delete(wanted));
    fetched.set(wanted, answer);
  }
  return answer;
}

export class Explained {
  private constructor(private readonly english: ExplainAll, private readonly local: ExplainAll) {}

  static async load(): Promise<Explained> {
    const [english, local] = await Promise.all([all_of('en'), all_of(language())]);
    return new Explained(english, local);
  }

  meaning(state: State): string {
    return this.local.states.find((one) => one.state === state)?.meaning ?? '';
  }

  // A life names its causes in English, as a row of the table of transitions: the same row of the
  // table in the reader's language says it to the reader.
  cause(from: State | undefined, step: LifeState): string {
    if (step.cause === undefined) return '';
    const row = this.english.transitions.findIndex((one) =>
      one.to === step.state && one.cause === step.cause && (from === undefined || one.from === from));
    return this.local.transitions[row]?.cause ?? step.cause;
  }
}
