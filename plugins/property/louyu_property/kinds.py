"""Kinds of work of a property company: their names, and what residents call them.

The words are those of residents of Beijing, typed and spoken; a few are recognition errors of speech (店梯, 暖器).
How long each takes stands in `settings.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """Keys of the kinds of work, as settings and matches name them."""

    DANGER = "danger"
    LIFT = "lift"
    POWER = "power"
    WATER = "water"
    HEATING = "heating"
    FIRE_EQUIPMENT = "fire_equipment"
    DOOR = "door"
    LIGHT = "light"
    FABRIC = "fabric"
    CLUTTER = "clutter"
    CLEANING = "cleaning"
    GROUNDS = "grounds"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What is known of one kind of work."""

    name_zh: str
    name_en: str
    words: tuple[str, ...]
    """What residents call the things of this kind."""


def _words(spaced: str) -> tuple[str, ...]:
    return tuple(spaced.split())


FIELDS: Mapping[Kind, Field] = MappingProxyType(
    {
        Kind.DANGER: Field(
            name_zh="火情与燃气",
            name_en="Fire and gas",
            words=_words(
                "着火 起火 冒火 火苗 冒烟 黑烟 浓烟 失火 烧着 爆炸 煤气 燃气 天然气 漏气 漏电 糊味 "
                "焦味 烧焦 火花 电着 触电 炸了"
            ),
        ),
        Kind.LIFT: Field(
            name_zh="电梯",
            name_en="Lift",
            words=_words("电梯 店梯 货梯 梯里 轿厢 东梯 西梯 梯子停 困梯 电梯卡 电梯井"),
        ),
        Kind.POWER: Field(
            name_zh="供电",
            name_en="Power",
            words=_words("停电 没电 跳闸 电闸 电表 配电 变压器 弱电 强电 电线 插座 短路 电箱 来电 电卡 电费"),
        ),
        Kind.WATER: Field(
            name_zh="给排水",
            name_en="Water and drains",
            words=_words(
                "停水 漏水 跑水 水管 下水 马桶 地漏 返水 水压 水龙头 水箱 积水 排水 雨水管 水表 污水 "
                "渗水 滴水 进水 阀门 自来水 水费 堵了 井盖 雨水 倒灌 厕所"
            ),
        ),
        Kind.HEATING: Field(
            name_zh="室内暖气",
            name_en="Heating in the flat",
            words=_words("暖气 暖器 暖气片 供暖 供热 地暖 不热 冰凉 温吞 放气阀 放气 换热站 测温 试水 锅炉"),
        ),
        Kind.FIRE_EQUIPMENT: Field(
            name_zh="消防设施",
            name_en="Fire equipment",
            words=_words("灭火器 消火栓 消防栓 消防通道 消防 烟感 喷淋 防火门 应急灯 疏散 安全出口"),
        ),
        Kind.DOOR: Field(
            name_zh="门与门禁",
            name_en="Doors and entry",
            words=_words("门禁 单元门 防盗门 门锁 对讲 闭门器 密码锁 门卡 门铃 大门 锁舌 道闸 楼门 猫眼 门口机"),
        ),
        Kind.LIGHT: Field(
            name_zh="照明",
            name_en="Lighting",
            words=_words("路灯 楼道灯 声控 灯泡 灯管 灯坏 灯不亮 不亮 灯又 照明 黑咕隆咚 灯"),
        ),
        Kind.FABRIC: Field(
            name_zh="房屋本体",
            name_en="Walls, roofs, fittings",
            words=_words(
                "外墙 墙皮 瓷砖 保温 屋顶 楼顶 房顶 漏雨 雨搭 雨棚 窗户 纱窗 玻璃 扶手 栏杆 台阶 坡道 "
                "粉刷 楼层号 天花板 便道 信箱 信报箱 掉砖 空调外机 防水 开裂 围墙 车棚 电子屏 墙缝"
            ),
        ),
        Kind.CLUTTER: Field(
            name_zh="堆物",
            name_en="Clutter",
            words=_words("堆物 堆放 杂物 纸箱 堆满 堆着 占楼道 堵着楼道 旧家具 床垫 沙发 占道 堵"),
        ),
        Kind.CLEANING: Field(
            name_zh="保洁",
            name_en="Cleaning",
            words=_words("保洁 垃圾 打扫 清扫 脏 异味 臭味 反味 蟑螂 老鼠 苍蝇 垃圾桶 清运 消杀 狗屎"),
        ),
        Kind.GROUNDS: Field(
            name_zh="院内与停车",
            name_en="Grounds and parking",
            words=_words(
                "车位 停车 车库 地库 监控 摄像头 树枝 大树 槐树 草坪 绿化 健身器材 反光镜 共享单车 "
                "电动车 充电桩 围挡 自行车 保安"
            ),
        ),
        Kind.SERVICE: Field(
            name_zh="物业事务",
            name_en="Company matters",
            words=_words("物业费 值班电话 值班室 装修 报备 押金 维修基金 物业上班 补办 封阳台"),
        ),
    }
)
"""The order decides between kinds that a text speaks of equally clearly."""
