import { askPlugin } from './ask';
import { assignmentPlugin } from './assignment';
import { chatPlugin } from './chat';
import { citationsPlugin } from './citations';
import { explainPlugin } from './explain';
import { gradesPlugin } from './grades';
import { homePlugin } from './home';
import { leavingPlugin } from './leaving';
import { practicePlugin } from './practice';
import { progressPlugin } from './progress';
import { quizPlugin } from './quizzes';
import { runningPlugin } from './watching';

export { ITutorChat } from './chat';

export default [
  chatPlugin,
  citationsPlugin,
  explainPlugin,
  askPlugin,
  assignmentPlugin,
  gradesPlugin,
  homePlugin,
  leavingPlugin,
  practicePlugin,
  progressPlugin,
  quizPlugin,
  runningPlugin
];
