import { askPlugin } from './ask';
import { chatPlugin } from './chat';
import { explainPlugin } from './explain';
import { gradesPlugin } from './grades';

export { ITutorChat } from './chat';

export default [chatPlugin, explainPlugin, askPlugin, gradesPlugin];
