package main

// The texts of the demo company. They are data, not messages: a Chinese maker of
// motion control with two branches.

type demoDept struct{ key, parent, name, head string }

var demoDepts = []demoDept{
	{"office", "", "总经办", "executive"},
	{"finance", "", "财务部", "finmanager"},
	{"rd", "", "研发部", "product"},
	{"market", "", "市场部", "mktmanager"},
	{"purchase", "", "采购部", "purchasing"},
	{"east", "", "华东分公司", "manager"},
	{"south", "", "华南分公司", "manager2"},
	{"sales-e", "east", "华东销售部", "manager"},
	{"store-e", "east", "华东仓储物流部", "planner"},
	{"service-e", "east", "华东客户服务部", "service"},
	{"sales-s", "south", "华南销售部", "manager2"},
	{"store-s", "south", "华南仓储物流部", "warehouse2"},
	{"service-s", "south", "华南客户服务部", "agent2"},
}

type demoPerson struct{ username, name, title, roles, dept, manager, limit string }

// demoPeople stand in an order in which everybody comes after the own manager.
var demoPeople = []demoPerson{
	{"executive", "陈国华", "总经理", "dste.executive", "office", "", "100000000"},
	{"executive2", "林建新", "副总经理", "dste.executive", "office", "executive", "10000000"},
	{"itadmin", "郑伟", "信息管理员", "core.it_admin", "office", "executive2", ""},
	{"finmanager", "周敏", "财务经理", "core.finance_manager", "finance", "executive", "1000000"},
	{"finance", "吴倩", "应收应付会计", "core.finance_clerk", "finance", "finmanager", ""},
	{"product", "徐志远", "产品经理", "ipd.product_manager,ltc.member", "rd", "executive", "200000"},
	{"mktmanager", "黄蕾", "市场经理", "mtl.manager", "market", "executive", "200000"},
	{"marketer", "何静", "市场专员", "mtl.marketer", "market", "mktmanager", ""},
	{"purchasing", "马建军", "采购经理", "proc.manager", "purchase", "executive2", "200000"},
	{"buyer", "孙丽", "采购员", "proc.buyer", "purchase", "purchasing", ""},
	{"manager", "王海波", "华东销售经理", "ltc.manager", "sales-e", "executive", "300000"},
	{"rep", "李娜", "销售代表", "ltc.rep,ltc.member", "sales-e", "manager", ""},
	{"rep3", "赵磊", "销售代表", "ltc.rep", "sales-e", "manager", ""},
	{"orderdesk", "刘芳", "订单专员", "ltc.order_desk", "sales-e", "manager", ""},
	{"manager2", "梁志强", "华南销售经理", "ltc.manager", "sales-s", "executive", "300000"},
	{"rep2", "陈嘉豪", "销售代表", "ltc.rep", "sales-s", "manager2", ""},
	{"planner", "郭强", "计划员", "isc.planner", "store-e", "executive2", "50000"},
	{"warehouse", "胡军", "仓库管理员", "isc.warehouse", "store-e", "planner", ""},
	{"receiver", "朱婷", "收货员", "proc.receiver", "store-e", "planner", ""},
	{"inspector", "高翔", "质检员", "proc.receiver", "store-e", "planner", ""},
	{"warehouse2", "罗勇", "仓库主管", "isc.warehouse", "store-s", "planner", ""},
	{"service", "谢雨欣", "客服经理", "itr.manager", "service-e", "executive2", "50000"},
	{"agent", "宋佳", "客服专员", "itr.agent", "service-e", "service", ""},
	{"engineer", "唐杰", "现场工程师", "itr.engineer,ltc.member", "service-e", "service", ""},
	{"success", "韩梅", "客户成功经理", "crm.success", "service-e", "service", ""},
	{"partner", "钱程", "渠道伙伴", "ltc.partner", "sales-e", "manager", ""},
	{"partner2", "卢俊", "渠道伙伴", "ltc.partner", "sales-s", "manager2", ""},
	{"agent2", "冯燕", "客服专员", "itr.agent", "service-s", "service", ""},
}

type demoProduct struct {
	name, english, category, unit string
	price, cost                   int
	supplier                      int // of demoSuppliers
	stock                         int // per warehouse; 0 is a service
	most                          int // largest quantity of a line
}

var demoProducts = []demoProduct{
	{"SV-750W 伺服驱动器", "SV-750W servo drive", "伺服系统", "台", 1860, 1120, 0, 80, 20},
	{"SM-750W 伺服电机", "SM-750W servo motor", "伺服系统", "台", 2380, 1500, 0, 80, 20},
	{"LM-20 直线导轨", "LM-20 linear guide", "传动部件", "根", 420, 250, 1, 160, 40},
	{"BS-2005 滚珠丝杠", "BS-2005 ball screw", "传动部件", "根", 960, 590, 1, 90, 20},
	{"GB-60 行星减速机", "GB-60 planetary gearbox", "传动部件", "台", 2650, 1680, 2, 60, 12},
	{"PLC-S32 可编程控制器", "PLC-S32 controller", "控制系统", "台", 3200, 1900, 3, 60, 10},
	{"HMI-10 触摸屏", "HMI-10 touch panel", "控制系统", "台", 1580, 940, 3, 60, 12},
	{"CNC-X3 三轴数控系统", "CNC-X3 three-axis CNC", "控制系统", "套", 18500, 11800, 4, 16, 4},
	{"VFD-5.5 变频器", "VFD-5.5 inverter", "控制系统", "台", 2150, 1320, 5, 60, 12},
	{"IC-500 工业视觉相机", "IC-500 vision camera", "视觉与机器人", "台", 6800, 4300, 6, 24, 6},
	{"PN-40 气动夹爪", "PN-40 pneumatic gripper", "视觉与机器人", "个", 720, 430, 7, 90, 20},
	{"ROB-6A 六轴协作机器人", "ROB-6A collaborative robot", "视觉与机器人", "台", 96000, 69000, 6, 2, 2},
	{"安装调试服务", "Commissioning", "服务", "人天", 1800, 0, 0, 0, 6},
	{"年度维保服务", "Yearly maintenance", "服务", "年", 12000, 0, 0, 0, 2},
}

// Products named by their place in demoProducts.
const (
	pDrive, pMotor, pPLC, pCNC, pCamera, pRobot, pSetup = 0, 1, 5, 7, 9, 11, 12
)

type demoSupplier struct{ name, category, contact, address string }

var demoSuppliers = []demoSupplier{
	{"苏州精驱电机有限公司", "伺服系统", "钱志明", "江苏省苏州市工业园区星湖街 218 号"},
	{"南京恒导传动科技有限公司", "传动部件", "沈燕", "江苏省南京市江宁区将军大道 88 号"},
	{"台州力同减速机有限公司", "传动部件", "金伟", "浙江省台州市路桥区机场路 16 号"},
	{"深圳芯控自动化有限公司", "控制系统", "曾凡", "广东省深圳市宝安区留仙大道 1 号"},
	{"武汉华数智控有限公司", "控制系统", "彭辉", "湖北省武汉市东湖高新区光谷大道 77 号"},
	{"无锡东川变频技术有限公司", "控制系统", "蒋涛", "江苏省无锡市新吴区长江路 33 号"},
	{"上海睿视机器人有限公司", "视觉与机器人", "陆敏", "上海市松江区新桥镇莘砖公路 518 号"},
	{"宁波海通气动元件有限公司", "视觉与机器人", "叶青", "浙江省宁波市奉化区岳林路 9 号"},
}

type demoCustomer struct {
	name, industry, region, size, stage string
}

// demoCustomers of the branch in the east, then demoSouth; the stage is where the
// customer stands today.
var demoEast = []demoCustomer{
	{"华东精密制造有限公司", "机械制造", "上海", "500-999 人", "satisfied"},
	{"苏州恒力装备有限公司", "设备制造", "江苏", "200-499 人", "satisfied"},
	{"无锡新能锂电设备有限公司", "新能源设备", "江苏", "500-999 人", "user"},
	{"常州天工机床有限公司", "机床", "江苏", "200-499 人", "satisfied"},
	{"杭州智造包装机械有限公司", "包装机械", "浙江", "100-199 人", "user"},
	{"宁波远航注塑机械有限公司", "机械制造", "浙江", "500-999 人", "user"},
	{"合肥晶合半导体设备有限公司", "电子设备", "安徽", "200-499 人", "satisfied"},
	{"上海电驱汽车零部件有限公司", "汽车零部件", "上海", "1000 人以上", "satisfied"},
	{"南通重型机械有限公司", "机械制造", "江苏", "200-499 人", "user"},
	{"嘉兴纺织机械有限公司", "纺织机械", "浙江", "100-199 人", "user"},
	{"芜湖联合汽车装备有限公司", "汽车设备", "安徽", "200-499 人", "user"},
	{"昆山捷达电子有限公司", "电子制造", "江苏", "500-999 人", "satisfied"},
	{"绍兴印染设备有限公司", "纺织机械", "浙江", "100-199 人", "opportunity"},
	{"泰州医疗器械有限公司", "医疗器械", "江苏", "100-199 人", "potential"},
	{"徐州工程机械配套有限公司", "工程机械", "江苏", "200-499 人", "to_identify"},
	{"温州阀门制造有限公司", "机械制造", "浙江", "100-199 人", "lost"},
}

var demoSouth = []demoCustomer{
	{"深圳创新自动化有限公司", "电子设备", "广东", "200-499 人", "satisfied"},
	{"东莞众达五金制品有限公司", "机械制造", "广东", "500-999 人", "user"},
	{"广州南方机器人有限公司", "机器人", "广东", "200-499 人", "satisfied"},
	{"佛山陶瓷机械有限公司", "陶瓷机械", "广东", "200-499 人", "user"},
	{"中山照明电器有限公司", "电子制造", "广东", "500-999 人", "user"},
	{"珠海格创空调设备有限公司", "家电设备", "广东", "1000 人以上", "satisfied"},
	{"惠州锂能科技有限公司", "新能源设备", "广东", "500-999 人", "user"},
	{"厦门海翼机械有限公司", "工程机械", "福建", "200-499 人", "user"},
	{"南宁糖机制造有限公司", "食品机械", "广西", "100-199 人", "satisfied"},
	{"长沙三湘重工有限公司", "工程机械", "湖南", "1000 人以上", "user"},
	{"汕头印刷机械有限公司", "印刷机械", "广东", "100-199 人", "opportunity"},
	{"泉州鞋机有限公司", "轻工机械", "福建", "100-199 人", "potential"},
	{"海口食品机械有限公司", "食品机械", "海南", "50-99 人", "target"},
	{"贵阳航空部件有限公司", "航空制造", "贵州", "500-999 人", "potential"},
}

// Names of people outside are put together from these.
var (
	demoSurnames = []string{"赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "蒋", "沈", "韩", "杨", "朱", "秦", "许", "何", "吕", "施", "张", "孔", "曹", "严", "金", "魏", "陶", "姜"}
	demoGiven    = []string{"伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "刚", "建国", "志强", "晓东", "文博", "子涵", "佳怡", "俊杰", "海燕", "国栋"}
	demoTitles   = []string{"采购经理", "设备部部长", "生产总监", "总经理", "技术主管", "采购员", "工艺工程师"}
	demoRoles    = []string{"buyer", "technical", "decider", "decider", "technical", "buyer", "user"}
	demoSources  = []string{"展会", "官网", "老客户介绍", "电话拜访", "搜索推广", "行业媒体"}
	demoNeeds    = []string{"产线自动化改造", "新建装配线", "旧机床数控化改造", "包装线提速", "视觉检测工位", "机器人上下料", "伺服系统替换", "电控柜升级", "锂电卷绕机配套", "冲压线送料机构"}
	demoRivals   = []string{"汇川技术", "埃斯顿", "台达", "松下", "西门子", "安川"}
	demoNext     = []string{"电话确认技术参数", "上门测绘", "提交技术方案", "安排样机测试", "商务谈判", "邀请参观工厂", "发送报价单"}
	demoCarriers = []string{"顺丰快运", "德邦物流", "中通快运", "京东物流"}
)

type demoCase struct{ subject, text, category, cause, resolution, solution string }

var demoCases = []demoCase{
	{"驱动器报过流故障", "设备运行约半小时后驱动器报 AL.01 过流，断电后可恢复。", "fault", "use", "settings", "调整了加减速时间和电流环增益，连续运行 4 小时未再报警。"},
	{"电机运行有异响", "2000 转以上电机有明显嗡嗡声，负载不变。", "fault", "product", "replacement", "更换电机轴承组件，噪声恢复到 60 分贝以下。"},
	{"到货少一根导轨", "送货单 20 根，实收 19 根，外箱完好。", "delivery", "delivery", "replacement", "核对出库记录后补发一根，次日送达。"},
	{"触摸屏无法下载程序", "更换电脑后无法连接触摸屏下载工程文件。", "usage", "use", "advice", "指导安装新版 USB 驱动并修改端口设置，下载成功。"},
	{"控制器通讯中断", "PLC 与上位机每天断线两三次，重启后恢复。", "fault", "installation", "settings", "通讯线与动力线同槽，重新布线并加装磁环后正常。"},
	{"预约上门安装调试", "新设备到货，希望安排工程师上门安装。", "installation", "none", "advice", "工程师按约上门，两天完成安装与培训。"},
	{"发票抬头有误", "发票上的公司名称少一个字，需要重开。", "billing", "process", "credit", "红冲原发票并重开，已寄出。"},
	{"相机识别率偏低", "换了物料之后视觉检测误判增加到 3%。", "usage", "document", "settings", "重新标定并更新模板，误判率降到 0.2%。"},
	{"丝杠反向间隙变大", "使用八个月后定位偏差 0.03 毫米。", "fault", "product", "repair", "更换螺母副并重新预紧，偏差小于 0.005 毫米。"},
	{"变频器散热风扇不转", "开机后风扇不转，十分钟后过热报警。", "fault", "supplier", "replacement", "更换风扇模块，同批次已通知供应商复检。"},
	{"机器人示教器黑屏", "示教器上电黑屏，指示灯正常。", "fault", "product", "replacement", "更换示教器电缆后恢复，旧件返厂分析。"},
	{"申请年度保养", "维保合同期内，申请本年度第二次保养。", "request", "none", "advice", "按保养清单完成检查，更换润滑脂和滤芯。"},
}

type demoArticle struct{ title, symptom, solution, category string }

var demoArticles = []demoArticle{
	{"驱动器 AL.01 过流的排查", "运行一段时间后报 AL.01，断电可恢复。", "先查负载与电缆绝缘，再检查加减速时间；仍报警则降低电流环增益。", "fault"},
	{"触摸屏 USB 下载失败", "电脑识别不到触摸屏。", "卸载旧驱动，安装 2.3 以上版本，端口选择 USB-CDC。", "usage"},
	{"动力线与通讯线的布线要求", "通讯偶发中断。", "两类线分槽，间距不小于 200 毫米；无法避免交叉时垂直交叉并加磁环。", "installation"},
	{"丝杠润滑与预紧周期", "定位偏差逐渐变大。", "每 500 小时补充润滑脂，每年检查预紧力矩。", "usage"},
}

type demoVisitor struct{ name, company, title, email, phone, industry, region, need string }

var demoVisitors = []demoVisitor{
	{"李伟", "江阴精工机床有限公司", "采购总监", "li.wei@jyjgjc.example.com", "13800138001", "机床制造", "江苏", "计划在春节前改造三条车床线，需要十套伺服驱动器和电机，请尽快报价并提供技术方案，希望下周上门交流。"},
	{"王芳", "义乌包装设备有限公司", "设备部经理", "wang.fang@ywbz.example.com", "13800138002", "包装机械", "浙江", "包装线要提速到每分钟一百二十包，想了解伺服改造方案、改造周期和大概的费用，预算三十万元左右，可以视频会议沟通。"},
	{"张涛", "扬州汽车部件有限公司", "总经理", "zhang.tao@yzqc.example.com", "13800138003", "汽车零部件", "江苏", "新建一条冲压送料线，需要伺服电机和减速机共二十套，年底前定标，请安排销售工程师联系我们，提供同行业的案例。"},
	{"陈静", "珠海精密模具有限公司", "生产总监", "chen.jing@zhmj.example.com", "13800138004", "模具制造", "广东", "五台加工中心的数控系统要更换，现用的系统备件停产，请提供 CNC-X3 的详细参数、报价以及现场安装调试的时间安排。"},
	{"刘洋", "", "", "liuyang2026@qq.com", "", "", "", "想了解一下产品价格"},
	{"周婷", "镇江船用设备有限公司", "采购主管", "zhou.ting@zjcy.example.com", "13800138006", "船舶设备", "江苏", "舵机电控柜升级，需要控制器和触摸屏各八台，希望本月内拿到正式报价和交货期，后续每季度还有批量采购的计划。"},
	{"吴刚", "赣州锂电材料有限公司", "厂长", "wu.gang@gzld.example.com", "13800138007", "新能源设备", "江西", "卷绕机配套伺服系统共三十套，分两批交货，需要现场测绘与样机测试，请华南的销售经理尽快与我们联系确定时间。"},
	{"孙晓", "金华工量具有限公司", "工艺工程师", "sun.xiao@jhgl.example.com", "13800138008", "机械制造", "浙江", "磨床改造，了解直线导轨的精度等级。"},
}
