/**
 * Quiz questions in notebooks: in the place of the cells that hold them, and as outputs.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { type Cell, MarkdownCell } from '@jupyterlab/cells';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { JSONObject } from '@lumino/coreutils';
import type { PanelLayout } from '@lumino/widgets';

import { CommandIDs, DOMAIN, QUIZ_METADATA, QUIZ_MIME } from './names';
import {
  type IFeedback,
  type IQuestion,
  parseAnswers,
  parseFeedback,
  parseQuestion
} from './quiz';
// eslint-disable-next-line jupyter/prefer-lazy-imports -- a renderer is made at once, not later
import { type IJudge, QuizView } from './quizview';
import { request } from './request';
import { Trouble } from './trouble';

/** The service, by way of the student's server. Answers are looked up once for all questions of an assignment. */
export class ServiceJudge implements IJudge {
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _answered: () => void
  ) {}

  async before(question: IQuestion): Promise<IFeedback | null> {
    const { course, assignment, id } = question;
    const place = JSON.stringify([course, assignment]);
    let known = this._known.get(place);
    if (!known) {
      const query = new URLSearchParams({ course, assignment }).toString();
      known = request('quiz', this._trans, undefined, query).then(parseAnswers);
      this._known.set(place, known);
    }
    try {
      return (await known).get(id) ?? null;
    } catch {
      // The question can be read all the same; whoever answers it is told what is wrong.
      if (this._known.get(place) === known) {
        this._known.delete(place);
      }
      return null;
    }
  }

  async answer(question: IQuestion, choices: string[]): Promise<IFeedback> {
    const { course, assignment, id } = question;
    const body = { course, assignment, question: id, choices };
    const found = parseFeedback(await request('quiz', this._trans, body));
    if (!found) {
      throw new Trouble(
        this._trans.__(
          'That did not work just now. Please try again in a minute.'
        )
      );
    }
    this._known.delete(JSON.stringify([course, assignment]));
    this._answered();
    return found;
  }

  private readonly _known = new Map<string, Promise<Map<string, IFeedback>>>();
}

export const quizPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:quiz',
  description: 'Shows the quiz questions of a notebook, and takes answers.',
  autoStart: true,
  requires: [IRenderMimeRegistry, INotebookTracker],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const judge = new ServiceJudge(trans, () => {
      if (app.commands.hasCommand(CommandIDs.refreshProgress)) {
        void app.commands.execute(CommandIDs.refreshProgress);
      }
    });
    rendermime.addFactory(
      {
        safe: true, // texts and form controls only, so a notebook need not be trusted to show it
        mimeTypes: [QUIZ_MIME],
        createRenderer: () => new QuizView(judge, trans)
      },
      0
    );

    const seen = new WeakSet<Cell>();
    const put = async (cell: Cell) => {
      const data: unknown = cell.model.getMetadata(QUIZ_METADATA);
      if (
        seen.has(cell) ||
        !(cell instanceof MarkdownCell) ||
        !parseQuestion(data)
      ) {
        return;
      }
      seen.add(cell);
      await cell.ready;
      if (cell.isDisposed) {
        return;
      }
      const view = rendermime.createRenderer(QUIZ_MIME);
      cell.addClass('learnflow-mod-quiz');
      (cell.layout as PanelLayout).addWidget(view);
      await view.renderModel(
        new MimeModel({ data: { [QUIZ_MIME]: data as JSONObject } })
      );
    };

    const watch = async (panel: NotebookPanel) => {
      await panel.context.ready;
      const look = () => {
        for (const cell of panel.content.widgets) {
          put(cell).catch(reason => {
            console.warn('learnflow:', reason);
          });
        }
      };
      look();
      panel.content.model?.cells.changed.connect(look);
      panel.content.modelChanged.connect(() => {
        look();
        panel.content.model?.cells.changed.connect(look);
      });
    };
    notebooks.forEach(panel => void watch(panel));
    notebooks.widgetAdded.connect((_, panel) => void watch(panel));
  }
};
